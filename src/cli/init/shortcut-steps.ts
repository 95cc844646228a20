/** One action of the Shortcut, in a line; the server ends with a slash. */
type Step = (server: string, topic: string) => string;

/** The actions of docs/shortcut.md in short, in their order. */
export const SHORTCUT_STEPS: readonly Step[] = [
  () => 'Text: paste the key. Set Variable: Key',
  () =>
    'If Shortcut Input has any value: Show Alert with it, with Cancel; Text "TAP", line end, Shortcut Input. Otherwise: Dictate Text',
  () => 'Format Date: Current Date, ISO 8601, with the time',
  () => 'Random Number: between 100000000 and 999999999',
  () => 'Text, five lines: Key / m1 / Formatted Date / Random Number / If Result',
  () => 'Generate Hash: SHA256 of that text',
  () => 'Text, two lines: Key / Hash',
  () => 'Generate Hash: SHA256 of that text',
  () => 'Text, two lines: If Result / m1 Formatted Date Random Number Hash (of action 8), with a space between each',
  (server, topic) => `Get Contents of URL: ${server}, POST, JSON: topic = ${topic}, message = Text of action 9`,
  () => 'Get Dictionary Value: Value for id',
  () => 'If it has any value: Speak Text "Sent". Otherwise: Speak Text "Not sent"',
];
