"""Whose addresses are no business's own: the lists, as data.

A website field that names one of these says where a business has a profile, not which domain it owns. The lists were
put together by hand for WF3; an operator adds to them with `more_aggregators` and takes from them with `allow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

PlatformKind = Literal["social", "aggregator"]
SOCIAL: Final = "social"
AGGREGATOR: Final = "aggregator"

NO_WEBSITE: Final = frozenset(
    (
        *("", "-", "--", ".", "/", "?", "0", "n/a", "n\\a", "n.a.", "n.a", "na", "none", "null", "nil", "nan", "no"),
        *("nope", "no website", "no web site", "no site", "without website", "not available", "not applicable"),
        *("not found", "unknown", "undefined", "tbd", "tba", "pending", "coming soon", "website"),
        *("http", "https", "www", "www."),
    )
)
"""What people and exports write where there is no website, casefolded."""

_SOCIAL = (
    *("facebook.com", "fb.com", "fb.me", "fb.watch", "messenger.com", "m.me", "instagram.com", "instagr.am"),
    *("linkedin.com", "lnkd.in", "twitter.com", "x.com", "t.co", "threads.net", "threads.com", "bsky.app"),
    *("tiktok.com", "youtube.com", "youtu.be", "vimeo.com", "twitch.tv", "snapchat.com", "discord.gg", "discord.com"),
    *("whatsapp.com", "wa.me", "t.me", "telegram.me", "telegram.org", "line.me", "vk.com", "ok.ru", "weibo.com"),
    *("reddit.com", "nextdoor.com", "pin.it", "flickr.com", "xing.com", "patreon.com", "meetup.com"),
)
_AGGREGATORS = (
    # searches, maps and what shortens their links
    *("goo.gl", "g.page", "g.co", "bing.com", "yahoo.com", "duckduckgo.com", "mapquest.com", "waze.com"),
    *("maps.apple.com", "openstreetmap.org", "bit.ly", "bitly.com", "tinyurl.com", "ow.ly", "is.gd", "buff.ly"),
    *("rb.gy", "cutt.ly", "shorturl.at", "qr.codes", "qrco.de"),
    # one page of links
    *("linktr.ee", "beacons.ai", "lnk.bio", "bio.link", "linkin.bio", "campsite.bio", "solo.to", "about.me"),
    *("taplink.cc", "msha.ke", "allmylinks.com", "hoo.be", "flow.page", "milkshake.app"),
    # directories and reviews
    *("yellowpages.com", "superpages.com", "whitepages.com", "yell.com", "manta.com", "bbb.org", "foursquare.com"),
    *("trustpilot.com", "angi.com", "angieslist.com", "homeadvisor.com", "thumbtack.com", "houzz.com", "porch.com"),
    *("nextdoor.co.uk", "chamberofcommerce.com", "dnb.com", "zoominfo.com", "crunchbase.com", "glassdoor.com"),
    *("indeed.com", "craigslist.org", "healthgrades.com", "zocdoc.com", "vitals.com", "webmd.com", "doctolib.fr"),
    *("avvo.com", "findlaw.com", "justia.com", "lawyers.com", "zillow.com", "realtor.com", "redfin.com", "loopnet.com"),
    *("apartments.com", "theknot.com", "weddingwire.com", "vagaro.com", "booksy.com", "fresha.com", "styleseat.com"),
    *("mindbodyonline.com", "cars.com", "autotrader.com", "carfax.com"),
    # eating, sleeping, selling through somebody else
    *("opentable.com", "resy.com", "doordash.com", "ubereats.com", "grubhub.com", "seamless.com", "postmates.com"),
    *("deliveroo.co.uk", "just-eat.co.uk", "toasttab.com", "slicelife.com", "menupages.com", "allmenus.com"),
    *("zomato.com", "booking.com", "expedia.com", "hotels.com", "airbnb.com", "vrbo.com", "agoda.com"),
    *("etsy.com", "amazon.com", "ebay.com", "eventbrite.com", "groupon.com", "gofundme.com"),
)

PLATFORMS: Final[Mapping[str, PlatformKind]] = MappingProxyType(
    {**dict.fromkeys(_SOCIAL, SOCIAL), **dict.fromkeys(_AGGREGATORS, AGGREGATOR)}
)
"""Kind by host; the subdomains of each are meant too."""

BRANDS: Final[Mapping[str, PlatformKind]] = MappingProxyType(
    {
        **dict.fromkeys(("google", "yelp", "tripadvisor", "airbnb", "groupon"), AGGREGATOR),
        "pinterest": SOCIAL,
    }
)
"""Kind by the label before the suffix, for platforms that stand under many countries: ``google.co.uk``."""

HOSTING: Final = frozenset(
    (
        *("weebly.com", "squarespace.com", "wordpress.com", "wix.com", "tumblr.com", "godaddysites.com"),
        *("business.site", "negocio.site", "jimdofree.com", "jimdosite.com", "mystrikingly.com", "ueniweb.com"),
        *("webnode.com", "site123.me", "sitey.me", "webador.com", "homestead.com", "tripod.com", "angelfire.com"),
        *("medium.com", "substack.com"),
    )
)
"""Where customers have a subdomain each, but which the Public Suffix List does not know as suffixes."""

REDIRECTS: Final = (
    # whose, at which path, the parameters that hold the address, the likeliest first
    ("google", "/url", ("q", "url")),
    ("l.facebook.com", "/l.php", ("u",)),
    ("lm.facebook.com", "/l.php", ("u",)),
    ("l.messenger.com", "/l.php", ("u",)),
    ("l.instagram.com", "/", ("u",)),
)
"""Links that wrap the address that was meant."""
