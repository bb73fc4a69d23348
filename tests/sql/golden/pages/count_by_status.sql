SELECT CAST(pages.status AS TEXT) AS status, count(*) AS rows
FROM pages
GROUP BY pages.status;
