"""The one scheduler of the application."""

from apscheduler.schedulers.asyncio import AsyncIOScheduler

scheduler = AsyncIOScheduler(timezone="UTC")
EVERY = 0.2  # seconds; minutes, in the application that this is taken from
