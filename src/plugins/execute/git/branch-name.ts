const SLUG_LENGTH = 40;

/** The branch of a run: `milton/req_k4m2xa-add-a-login-feature`. */
export function branchName(run: string, text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  let slug = '';
  for (const word of words ?? []) {
    if (slug.length + word.length >= SLUG_LENGTH) break;
    slug += `-${word}`;
  }
  return `milton/${run}${slug}`;
}
