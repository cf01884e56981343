#!/usr/bin/env bash
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# The two runbooks' commands for exhausted connections, as one script:
# by_hand.sh CLUSTER PORT. It ends at its first healthy reading.
set -euo pipefail
cluster=$1 port=$2

sql() { psql -U postgres -p "$port" "$@"; }

# Look.
pg_isready -p "$port"
sql -c "SELECT count(*) FROM pg_stat_activity;"
sql -c "SELECT state, count(*) FROM pg_stat_activity GROUP BY state;"
sql -c "SELECT pid, now() - pg_stat_activity.query_start AS duration, query
        FROM pg_stat_activity
        WHERE state = 'active' AND now() - pg_stat_activity.query_start > interval '5 minutes';"

# Kill idle connections.
sql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = 'app' AND state = 'idle'
        AND state_change < now() - interval '5 minutes';"

# Increase max_connections.
sql -c "ALTER SYSTEM SET max_connections = 40;"
pg_ctlcluster 15 "$cluster" restart

# Check.
until pg_isready -p "$port"; do sleep 1; done
check=$(sql -Atc "SELECT count(*) < current_setting('max_connections')::int * 80 / 100
                  FROM pg_stat_activity WHERE backend_type = 'client backend';")
[[ $check = t ]]
echo healthy
