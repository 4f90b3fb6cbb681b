-- Memberships right after a build: the new rows have no statistics until PostgreSQL
-- has analysed them, and a nested loop over a million of them took 40 s instead of 7.
-- refresh_memberships() joins by equality only, so that hashing is always right;
-- what looks for areas needs its index.
ALTER FUNCTION refresh_memberships(integer) SET enable_nestloop = off;
ALTER FUNCTION refresh_memberships(integer) SET enable_mergejoin = off;
ALTER FUNCTION find_near(integer, integer[]) SET enable_nestloop = on;
ALTER FUNCTION decide_memberships(integer) SET enable_nestloop = on;
