import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { npm } from './npm.ts';
import { root } from './pages.ts';

/** An npm registry on loopback that has the packages in this project's node_modules, and nothing else. */
export class NpmRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly #packed = new Map<string, Promise<string>>();
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer(async (request, response) => {
      const [, name, tarball] =
        /^\/((?:@[^/]+\/)?[^/]+?)(\/tarball)?$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
      try {
        response.end(tarball ? readFileSync(await this.#pack(name!)) : JSON.stringify(this.#describe(name!)));
      } catch (error) {
        response.writeHead(404).end(String(error));
      }
    });
  }

  /** `folder` takes the tarballs. */
  static async start(folder: string): Promise<NpmRegistry> {
    const registry = new NpmRegistry(folder);
    await new Promise<void>((done) => registry.#server.listen(0, '127.0.0.1', done));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #describe(name: string): object {
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    const { version } = manifest;
    const dist = { tarball: `${this.url}/${name}/tarball` };
    return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }

  #pack(name: string): Promise<string> {
    const packed =
      this.#packed.get(name) ??
      npm(['pack', join(root, 'node_modules', name), '--ignore-scripts', '--json'], { cwd: this.#folder }).then(
        ({ stdout }) => join(this.#folder, JSON.parse(stdout)[0].filename),
      );
    this.#packed.set(name, packed);
    return packed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
