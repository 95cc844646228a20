import {
  approve,
  authorise,
  classify,
  claude,
  commands,
  dedupe,
  defineConfig,
  env,
  execute,
  late,
  limits,
  ntfy,
  promptBuild,
  publish,
  queue,
  rehearsal,
  research,
  sqlite,
  summarise,
} from 'milton-orchestrator';

export default defineConfig({
  // What a message may name as @app; the first one is the default.
  repositories: { app: { path: env.TARGET_REPO } },

  // Where messages come from and notices go. Topics, server and login are in .env.
  transports: [ntfy()],

  // Where requests live between the phone and the work.
  store: sqlite(),

  // Who does the work; the first one is the default, CLAUDE: or @rehearsal chooses another. With codex() beside it, Codex takes over
  // where the account of Claude Code is used up.
  agents: [claude(), rehearsal()],

  pipeline: [
    // Above queue(): at once, for every message.
    dedupe(),
    authorise(),
    classify(),
    limits(),
    late(),
    commands(),
    approve(),

    queue(),

    // Below: when the repository is free, and through restarts.
    research(),
    promptBuild(),
    execute(),
    summarise(),
    publish(),
  ],
});
