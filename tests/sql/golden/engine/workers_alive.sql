SELECT curation.worker.id, curation.worker.host, curation.worker.pid, curation.worker.version,
    curation.worker.workflows, curation.worker.started_at, curation.worker.heartbeat_at, curation.worker.lost_after,
    EXTRACT(epoch
  FROM statement_timestamp() - curation.worker.heartbeat_at) AS silent
FROM curation.worker
ORDER BY curation.worker.started_at;
