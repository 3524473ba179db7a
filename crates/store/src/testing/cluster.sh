# One PostgreSQL cluster in a folder of its own, for as long as the input lasts: when the test process
# ends, however that happens, the server ends too and the folder goes.
#
# Arguments: the folder of the server's programs; options of the server; `tls` for certificates of a
# throw-away authority. The first line of the output is the folder; each line of the input is a
# command, and is answered with `done` or `failed`.
set -e
umask 077
cd /
trap 'exit 1' HUP INT TERM
programs=$1 options=$2 certificates=$3
folder=$(mktemp -d)

end() {
    "$programs/pg_ctl" -D "$folder/data" -m immediate stop >>"$folder/out" 2>&1 || true
    rm -rf "$folder"
}
trap end EXIT

start() {
    "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w start -o "-k $folder $options"
}

# authority NAME: a certificate authority that nobody else knows.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -keyout "$folder/$1.key" -out "$folder/$1.crt" -subj "/CN=$1"
}

# A certificate for localhost, by the first authority.
certify() {
    authority ca
    authority other-ca
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/server.key" \
        -out "$folder/server.csr" -subj /CN=localhost -addext subjectAltName=DNS:localhost
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
        -CAcreateserial -copy_extensions copy -days 2 -out "$folder/server.crt"
    options="$options -c ssl=on -c ssl_cert_file=$folder/server.crt -c ssl_key_file=$folder/server.key"
}

do_command() {
    case $1 in
    create) "$programs/createdb" -h "$folder" -p "$2" -U scopegate "$3" ;;
    stop) "$programs/pg_ctl" -D "$folder/data" -m immediate stop ;;
    start) start ;;
    esac
}

"$programs/initdb" -D "$folder/data" -U scopegate -A trust -E UTF8 --locale=C --no-sync >"$folder/out" 2>&1
if [ "$certificates" = tls ]; then certify >>"$folder/out" 2>&1; fi
start >>"$folder/out" 2>&1
echo "$folder"
while read -r command port name; do
    if do_command "$command" "$port" "$name" >>"$folder/out" 2>&1; then echo done; else echo failed; fi
done
