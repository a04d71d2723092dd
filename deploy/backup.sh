#!/bin/sh
# Save the stack's databases and files into a folder: deploy/backup.sh [FOLDER]. The stack may be in use meanwhile.
# COMPOSE is the command that reaches the stack, `docker compose` unless set.
set -eu
cd "$(dirname "$0")/.."
compose=${COMPOSE:-docker compose}
to=${1:-backups/$(date +%Y%m%d-%H%M%S)}
[ ! -e "$to" ] || { echo "backup: $to exists already: name another folder" >&2; exit 2; }
umask 077 # tables, models and the hashes of passwords are inside
aside=$to.part
rm -rf "$aside"
mkdir -p "$aside"
# Databases first: what they point to is in the files, which only gain.
for database in mlflow mlflow_auth prefect; do
  $compose exec -T postgres pg_dump --username=descent --format=custom "$database" > "$aside/$database.dump"
done
$compose exec -T mlflow tar --create --directory=/artifacts . > "$aside/artifacts.tar"
# Files of a run under way vanish while tar looks: its exit code 1. They are the run's own business.
$compose exec -T worker tar --create --directory=/srv/descent --exclude=scratch .descent > "$aside/work.tar" || [ $? = 1 ]
(cd "$aside" && sha256sum -- *.dump *.tar > SHA256SUMS)
mv "$aside" "$to" # a folder without .part is whole
echo "backup: $to ($(du -sh "$to" | cut -f1))"
