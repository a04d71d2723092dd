#!/bin/sh
# Put a backup into the stack, in place of all that is there: deploy/restore.sh FOLDER. On a new machine it starts it.
# COMPOSE is the command that reaches the stack, `docker compose` unless set.
set -eu
compose=${COMPOSE:-docker compose}
[ $# = 1 ] && [ -d "$1" ] || { echo "restore: name the folder of a backup: make restore BACKUP=backups/…" >&2; exit 2; }
from=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
(cd "$from" && sha256sum --check --quiet SHA256SUMS) || { echo "restore: $from is damaged; nothing was changed" >&2; exit 2; }
servers="mlflow prefect worker"
$compose stop $servers
$compose up --detach --no-build --wait postgres
for database in mlflow mlflow_auth prefect; do
  $compose exec -T postgres dropdb --username=descent --maintenance-db=postgres --force --if-exists "$database"
  $compose exec -T postgres createdb --username=descent --maintenance-db=postgres "$database"
  $compose exec -T postgres pg_restore --username=descent --dbname="$database" --exit-on-error < "$from/$database.dump"
done
put='find "$0" -mindepth 1 -delete 2>/dev/null; tar --extract --directory="$0"'
$compose run --rm -T --no-deps mlflow sh -c "$put" /artifacts < "$from/artifacts.tar"
$compose run --rm -T --no-deps worker sh -c "rm -rf /srv/descent/.descent; tar --extract --directory=/srv/descent" < "$from/work.tar"
$compose up --detach --no-build --wait # migrations bring an older backup to the version of the image
echo "restore: the stack is as it was when $from was made"
