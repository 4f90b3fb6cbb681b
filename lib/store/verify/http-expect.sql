-- The properties that every feature should have, and no others.
INSERT INTO w_expected
SELECT p.collection, p.id,
       p.other || jsonb_build_object('dwellings', p.dwellings, 'dwellings_at_risk', p.at_risk, 'dwellings_year', r.dwellings_year,
         'period_from', d.first_month, 'period_to', (d.last_month + interval '1 month')::date - 1, 'definition', r.definition,
         'release', r.id, 'k', r.k, 'min_addresses', r.min_addresses)
       || CASE WHEN p.count IS NULL THEN '{}' ELSE jsonb_build_object('count', p.count,
         'rate_per_1000', p.count * 1000 / nullif(p.at_risk, 0)::float8, 'rate_per_1000_lower', i.lower * 1000 / nullif(p.at_risk, 0),
         'rate_per_1000_upper', i.upper * 1000 / nullif(p.at_risk, 0)) END
       || CASE WHEN p.inhabitants IS NULL THEN '{}' ELSE jsonb_build_object(
         'rate_per_100000', p.count * 100000 / nullif(p.inhabitants, 0)::float8,
         'rate_per_100000_lower', i.lower * 100000 / nullif(p.inhabitants, 0),
         'rate_per_100000_upper', i.upper * 100000 / nullif(p.inhabitants, 0)) END,
       p.outline, p.side_m
FROM w_place p CROSS JOIN w_release r CROSS JOIN w_period d LEFT JOIN w_interval i ON i.count = p.count;
ANALYZE w_expected;
