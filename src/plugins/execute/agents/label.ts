/** What notices call an agent: with its name where that is not the usual one, since there may be two of a kind. */
export const labelOf = (label: string, name: string, usual: string) => (name === usual ? label : `${label} (${name})`);
