// The simplest possible answering machine on an ntfy server: publishes every message of one topic to another.
const [server, from, to] = process.argv.slice(2);
const response = await fetch(`${server}/${from}/json`);
let rest = '';
for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split('\n');
  rest = lines.pop()!;
  for (const line of lines) {
    const { event, message } = JSON.parse(line) as { event: string; message: string };
    if (event === 'open') process.send?.('ready');
    if (event === 'message') void fetch(`${server}/${to}`, { method: 'POST', body: message });
  }
}

export {};
