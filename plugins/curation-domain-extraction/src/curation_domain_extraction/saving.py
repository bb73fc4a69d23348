"""The two statements that ``save_result`` executes, in the settle's transaction."""

from __future__ import annotations

from functools import cache

from sqlalchemy import BindParameter, bindparam, column, func, literal, null, or_, select, table
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from curation_domain_extraction.models import Domain, LocalBusiness, Tables
from curation_domain_extraction.websites import Website


@cache  # making it takes as long as executing it; not at import, since the table may be given another name until then
def _new_domain() -> Insert:
    new = insert(Tables.metadata.tables[Domain.__tablename__]).values(
        {
            Domain.id: func.gen_random_uuid(),  # the application makes its own, so its table may have no default
            Domain.domain: bindparam("domain"),
            Domain.tenant_id: bindparam("tenant_id"),
            Domain.local_business_id: bindparam("local_business_id"),
            Domain.status: _word("first_status", "pending"),
            Domain.sitemap_curation_status: _word("first_curation", "New"),
            Domain.sitemap_analysis_status: null(),
            Domain.meta_json: bindparam("meta_json"),
        }
    )
    # One statement and not a look before the insert: two businesses with one website may be settled at once.
    offered = {column: new.excluded[column.key] for column in (Domain.tenant_id, Domain.local_business_id)}
    return new.on_conflict_do_update(
        index_elements=[Domain.domain],
        set_={Domain.local_business_id: offered[Domain.local_business_id]},
        where=Domain.local_business_id.is_(None)
        & or_(Domain.tenant_id.is_(None), Domain.tenant_id == offered[Domain.tenant_id]),
    )


def _word(name: str, value: str) -> BindParameter[str]:
    # A bound parameter would carry the type VARCHAR, which a native enum refuses; a quoted literal has none.
    return bindparam(name, value, literal_execute=True)


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
    await session.execute(_new_domain(), values)
    if website.link_table is not None:
        await session.execute(_new_link(business, website, website.link_table))


def _new_link(business: LocalBusiness, website: Website, name: str) -> Insert:
    schema, _, name = name.rpartition(".")
    links = table(name, column("domain_id"), column("local_business_id"), schema=schema or None)
    domain = select(Domain.id, literal(business.id)).where(Domain.domain == website.domain)
    return insert(links).from_select(["domain_id", "local_business_id"], domain).on_conflict_do_nothing()
