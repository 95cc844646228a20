import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './npm.ts';
import { NpmRegistry } from './npm-registry.ts';
import { root } from './pages.ts';

/** Milton as `npm install --global` puts it into an empty prefix. */
export interface GlobalInstall extends AsyncDisposable {
  readonly prefix: string;
  /** The registry it came from, for what else is to be installed. */
  readonly registry: string;
  readonly packed: { readonly file: string; readonly size: number; readonly names: readonly string[] };
}

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs this project and installs it below a folder, with nothing of the network. */
export async function installGlobally(folder: string): Promise<GlobalInstall> {
  const [cwd, prefix] = [join(folder, 'packed'), join(folder, 'prefix')];
  for (const each of [cwd, prefix]) mkdirSync(each);
  const registry = await NpmRegistry.start(cwd);
  const [made] = JSON.parse((await npm(['pack', root, '--json'], { cwd })).stdout) as [Packed];
  const file = join(cwd, made.filename);
  await npm(['install', '--global', '--prefix', prefix, file], { cwd, registry: registry.url });
  return {
    prefix,
    registry: registry.url,
    packed: { file, size: made.unpackedSize, names: made.files.map(({ path }) => path) },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
