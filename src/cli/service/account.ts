import { userInfo } from 'node:os';

/** Who runs this, and their shell; also where the system has no entry for them, as in some containers. */
export function account(): { readonly user: string; readonly shell: string } {
  const { SHELL, USER } = process.env;
  try {
    const { username, shell } = userInfo();
    return { user: username, shell: SHELL || shell || '/bin/sh' };
  } catch {
    return { user: USER || String(process.getuid?.() ?? ''), shell: SHELL || '/bin/sh' };
  }
}
