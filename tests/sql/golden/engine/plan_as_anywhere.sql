SELECT set_config('enable_seqscan', 'on', true) AS set_config_1, set_config('plan_cache_mode', 'auto', true) AS
    set_config_2;
