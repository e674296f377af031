"""Completion in bash, which takes `=` for the end of a word: `optimizer.type=ad` must be answered with `adam`.

click's own script hands over words that bash has cut at `=`; this one hands over the line up to the cursor.
"""

import os

from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' completion type value
    COMPREPLY=()
    for completion in $(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1"); do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == dir ]]; then
            compopt -o dirnames
        elif [[ $type == file ]]; then
            compopt -o default
        else
            COMPREPLY+=("$value")
        fi
    done
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace
    fi
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeLineBash(BashComplete):
    """Takes the line from COMP_LINE; answers with what comes behind the last `=` of the word."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and that one."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        self._cut = len(incomplete.rpartition("=")[0]) + 1 if "=" in incomplete else 0
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """The type of the item, and the rest of its word."""
        return f"{item.type},{item.value[self._cut:]}"


add_completion_class(WholeLineBash)
