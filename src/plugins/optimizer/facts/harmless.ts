/** A longer script is none that a person wrote, and takes long to look through. */
const LONGEST = 2_000;
/** What never ends by itself, once what turns that off is taken out. */
const WATCHES = /--watch|\bwatch\b|(?:^|\s)-w(?=\s|$)|\bng test\b/;
const ONCE = /(?:\bng test\b.*?)?--(?:watch(?:All)?[= ]false|no-watch)\b/g;
/** What changes files, or something outside the repository. */
const CHANGES =
  /(?:--|:)fix\b(?!=false|-dry-run)|--write\b|lint-staged|docker push|\b(?:publish|deploy)|(?<!--)\brelease|phpcbf|\b(?:php-cs-fixer fix|rector process)\b(?!.*--dry-run)|\bpint\b(?!.*--test)/;

/** Whether a script may be run as a check: it ends, and a linter or a build changes nothing that somebody wrote. */
export function isHarmless(script: string, isTest: boolean): boolean {
  return script.length <= LONGEST && !WATCHES.test(script.replace(ONCE, '')) && (isTest || !CHANGES.test(script));
}
