import { FILES } from './suggest.ts';

/**
 * What each shell runs at TAB. All ask `milton completion suggest`, which knows the commands of the Milton that is installed then, and
 * which prints a word a line, with a tab and what it means. Nothing of that is ever evaluated by a shell.
 */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# In ~/.bashrc: eval "$(milton completion bash)"
_milton() {
  local line word
  COMPREPLY=()
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    if [ "$word" = '${FILES}' ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    else
      COMPREPLY+=("$word")
    fi
  done < <(milton completion suggest -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _milton milton`,
  zsh: `#compdef milton
# In ~/.zshrc, below compinit: source <(milton completion zsh)
_milton() {
  local line
  local -a lines described
  lines=("\${(@f)$(milton completion suggest -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    if [[ $line == '${FILES}' ]]; then
      _files
      return
    fi
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line%%$'\\t'*}/$'\\t'/:}")
  done
  (( $#described )) && _describe -V milton described
}
if [[ $funcstack[1] == _milton ]]; then _milton "$@"; else compdef _milton milton; fi`,
  fish: `# In ~/.config/fish/completions/milton.fish
function __milton_suggest
    set -l current (commandline -ct)
    set -l before (commandline -opc)
    set -l found (milton completion suggest -- $before[2..-1] "$current" 2>/dev/null)
    if test "$found" = '${FILES}'
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c milton -f -a '(__milton_suggest)'`,
};
