import { Environment } from '../../../pipeline/services.ts';
import type { Get } from '../../../pipeline/token.ts';
import type { Facts, Known } from './facts.ts';
import { type Folder, openFolder } from './folder.ts';
import { GO, NODE, PYTHON } from './frameworks.ts';
import { isPublic } from './hosts.ts';
import { registriesOf } from './node-registries.ts';
import { namesIndexIn } from './python-requirements.ts';

/** Variables that name where packages come from, or which are private. */
const VARIABLES: readonly (readonly [Known, readonly string[]])[] = [
  [NODE, ['npm_config_registry', 'NPM_CONFIG_REGISTRY']],
  [PYTHON, ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'UV_INDEX', 'UV_INDEX_URL', 'UV_DEFAULT_INDEX']],
  [GO, ['GOPRIVATE', 'GONOSUMDB']],
];

/** What says, outside a project, that packages may be private. */
export interface Private {
  /** Scopes with a registry of their own. */
  readonly scopes: readonly string[];
  /** The ecosystems whose packages may come from anywhere. */
  readonly replaced: ReadonlySet<Known | undefined>;
}

/** Reads what the environment and the settings in the home folder say. */
export async function privateFor(get: Get): Promise<Private> {
  const environment = get(Environment);
  const textIn = (name: string) => String(environment.get(name)?.value ?? '');
  const named = VARIABLES.filter(([, names]) => names.map(textIn).some((value) => value !== '' && !isPublic(value)));
  const home = textIn('HOME');
  const { scopes, replaced } = await registriesOf(await openFolder(home));
  return { scopes, replaced: new Set([...named.map(([known]) => known), ...(replaced ? [NODE] : [])]) };
}

/** The facts without packages that are private for any of the projects, for the folder above them, or for this machine. */
export async function withoutPrivate(root: Folder, all: readonly Facts[], outside: Private): Promise<Facts[]> {
  const settings = await registriesOf(root);
  const replaced = new Set([
    ...outside.replaced,
    ...all.filter((each) => each.replaced).map(({ known }) => known),
    ...(settings.replaced ? [NODE] : []),
    ...(namesIndexIn(root) ? [PYTHON] : []),
  ]);
  const own = new Set([...outside.scopes, ...settings.scopes, ...all.flatMap((each) => each.own ?? [])]);
  return all.map(({ dependencies = [], ...facts }) => ({
    ...facts,
    dependencies: dependencies.filter(({ name }) => {
      const [first, second] = name.split('/');
      const isOwn = [name, first!, `${first}/${second}`].some((each) => own.has(each));
      return !isOwn && (!replaced.has(facts.known) || facts.known?.has(name));
    }),
  }));
}
