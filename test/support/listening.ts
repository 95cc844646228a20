import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The sockets on which a process waits for others to connect: TCP ports, and Unix sockets by their paths. Linux only. */
export function listeningSockets(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      } catch {
        return undefined; // closed meanwhile
      }
    }),
  );
  const table = (name: string) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  const LISTEN = '0A';
  const ACCEPTS = 0x10000;
  return [
    ...['tcp', 'tcp6'].flatMap((name) =>
      table(name).flatMap(([, local = '', , state, , , , , , inode]) =>
        state === LISTEN && own.has(inode) ? [`${name} port ${Number.parseInt(local.split(':').at(-1)!, 16)}`] : [],
      ),
    ),
    ...table('unix').flatMap(([, , , flags = '', , , inode, path = '']) =>
      Number.parseInt(flags, 16) & ACCEPTS && own.has(inode) ? [`unix ${path}`] : [],
    ),
  ];
}
