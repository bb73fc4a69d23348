"""The two statements that ``save_result`` executes, in the settle's transaction."""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, column, literal, null, or_, select, table
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from curation_domain_extraction.models import Domain, LocalBusiness, Tables
from curation_domain_extraction.websites import Website


def _new_domain() -> Insert:
    new = insert(Tables.metadata.tables[Domain.__tablename__]).values(
        domain=bindparam("domain"),
        tenant_id=bindparam("tenant_id"),
        local_business_id=bindparam("local_business_id"),
        status=_word("status", "pending"),
        sitemap_curation_status=_word("sitemap_curation_status", "New"),
        sitemap_analysis_status=null(),
        meta_json=bindparam("meta_json"),
    )
    # One statement and not a look before the insert: two businesses with one website may be settled at once.
    return new.on_conflict_do_update(
        index_elements=[Domain.domain],
        set_={"local_business_id": new.excluded.local_business_id},
        where=Domain.local_business_id.is_(None)
        & or_(Domain.tenant_id.is_(None), Domain.tenant_id == new.excluded.tenant_id),
    )


def _word(name: str, value: str) -> BindParameter[str]:
    # A bound parameter would carry the type VARCHAR, which a native enum refuses; a quoted literal has none.
    return bindparam(f"{name}_word", value, literal_execute=True)


_NEW_DOMAIN = _new_domain()  # made once: making it takes as long as executing it


async def save_website(session: AsyncSession, business: LocalBusiness, website: Website) -> None:
    """Add the domain, or link the business to the one there is.

    A domain that exists is a success. It is given to this business if it has none yet and is of the same tenant, or
    of none; otherwise it stays with the business it has.

    Args:
        session: The settle's session.
        business: The business whose website it is.
        website: What was read.
    """
    values = {
        "domain": website.domain,
        "tenant_id": business.tenant_id,
        "local_business_id": business.id,
        "meta_json": {"registrable_domain": website.registrable, "kind": website.kind},
    }
    await session.execute(_NEW_DOMAIN, values)
    if website.link_table is not None:
        await session.execute(_new_link(business, website, website.link_table))


def _new_link(business: LocalBusiness, website: Website, name: str) -> Insert:
    schema, _, name = name.rpartition(".")
    links = table(name, column("domain_id"), column("local_business_id"), schema=schema or None)
    domain = select(Domain.id, literal(business.id)).where(Domain.domain == website.domain)
    return insert(links).from_select(["domain_id", "local_business_id"], domain).on_conflict_do_nothing()
