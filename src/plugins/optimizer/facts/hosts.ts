/** The registries that anybody can read, by the second-level label of their hosts. */
const PUBLIC = new Set(['npmjs', 'yarnpkg', 'pypi', 'pythonhosted']);

/** The host of an address; '' where it has none. A lock has so many addresses that `URL` would take most of the time. */
export const hostOf = (address: string): string =>
  /^[a-z+]+:\/\/(?:[^/?#@\\]*@)?([\w.-]+)(?=[:/?#]|$)/i.exec(address)?.[1]?.toLowerCase() ?? '';

/** The label of a host that a company registers: `corp` of `npm.corp.example`. */
export const labelOf = (host: string): string => host.split('.').at(-2) ?? '';

/** Whether what lies at an address can be read by anybody. */
export const isPublic = (address: string): boolean => PUBLIC.has(labelOf(hostOf(address)));
