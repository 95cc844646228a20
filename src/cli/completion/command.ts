import type { Command } from '../command-line/command.ts';

export const completion: Command = {
  usage: ['completion bash|zsh|fish'],
  summary: 'print a script that has your shell complete commands, options and ids',
  options: {},
  // Behind "suggest --" stands a whole command line: the scripts ask with that.
  words: Number.POSITIVE_INFINITY,
  examples: [
    ['milton completion fish > ~/.config/fish/completions/milton.fish', 'in fish'],
    [`echo 'eval "$(milton completion bash)"' >> ~/.bashrc`, 'in bash'],
    [`echo 'source <(milton completion zsh)' >> ~/.zshrc`, 'in zsh, below compinit'],
  ],
  load: async () => (await import('./completion.ts')).completion,
};
