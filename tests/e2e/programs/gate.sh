#!/bin/sh
# gate.sh PATH CONDITION TIMEOUT: begin training if the data is there in time, else say why not.
avio wait "$1" --until "$2" --timeout "$3" --progress none
code=$?
case $code in
    0) echo "train" ;;
    6) echo "no such data" ;;
    9) echo "not in time" ;;
    *) echo "failed: $code" ;;
esac
exit $code
