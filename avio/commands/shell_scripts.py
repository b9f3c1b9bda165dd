"""What `avio completion` prints: the code by which each shell asks avio for completions.

click's own scripts fail in zsh without compinit, split values at commas in fish, and at colons in bash.
"""

# Values that end so are only begun: no blank follows them.
BASH = r"""
_avio_completion() {
    local IFS=$' \t\n' rest="${COMP_LINE:0:COMP_POINT}" word cur="" count=-1 i line value before
    local given="$rest"
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if ((i == 0)) || [[ "$rest" == [[:space:]]* ]]; then count=$((count + 1)); cur=""; fi
        rest="${rest#"${rest%%[![:space:]]*}"}"
        if ((i == COMP_CWORD)); then word="$rest"; fi
        rest="${rest#"$word"}"; cur+="$word"
    done
    before="${cur%"${cur##*[:=]}"}"
    COMPREPLY=()
    while IFS= read -r line; do
        value="${line#*,}"
        case "${line%%,*}" in
            dir) COMPREPLY=(); compopt -o dirnames 2>/dev/null; return;;
            file) COMPREPLY=(); compopt -o default 2>/dev/null; return;;
        esac
        case "$value" in */ | *:) compopt -o nospace 2>/dev/null;; esac
        if [[ "$value" == *[^[:alnum:]/_.,:=@%+-]* ]]; then printf -v value '%q' "$value"; fi
        COMPREPLY+=("${value#"$before"}")
    done < <(COMP_WORDS="$given" COMP_CWORD="$count" _AVIO_COMPLETE=bash_complete avio 2>/dev/null)
}
complete -F _avio_completion avio
"""

ZSH = r"""
#compdef avio
_avio_completion() {
    local -a plain described response
    local type key help
    local -x COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1))
    (( ! $+commands[avio] )) && return 1
    response=("${(@f)$(_AVIO_COMPLETE=zsh_complete avio 2>/dev/null)}")
    for type key help in ${response}; do
        case $type in
            dir) _path_files -/;;
            file) _path_files -f;;
            *) if [[ $help == _ ]]; then plain+=("${key//\\:/:}"); else described+=("$key:$help"); fi;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    local -a begun whole
    begun=(${(M)plain:#*[/:]})
    whole=(${plain:#*[/:]})
    (( $#begun )) && compadd -U -S '' -V begun -a begun
    (( $#whole )) && compadd -U -V whole -a whole
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _avio_completion "$@"
elif (( $+functions[compdef] )); then
    compdef _avio_completion avio
fi
"""

FISH = r"""
function _avio_completion
    set -l asked _AVIO_COMPLETE=fish_complete COMP_WORDS=(commandline -cp | string collect) COMP_CWORD=(commandline -t)
    set -l response (env $asked avio 2>/dev/null)
    for completion in $response
        set -l metadata (string split -m 1 "," -- $completion)
        switch $metadata[1]
            case dir
                __fish_complete_directories $metadata[2]
            case file
                __fish_complete_path $metadata[2]
            case plain
                echo $metadata[2]
        end
    end
end
complete --no-files --command avio --arguments "(_avio_completion)"
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
