import { exposureOf } from '../../../../pipeline/exposure.ts';
import type { Mode } from '../../../../plugins/authorise/admission.ts';
import { usualMode } from '../../../../plugins/authorise/check-mode.ts';
import { inboxTopics, type NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { ntfyApi } from '../../../../transports/ntfy/server/api.ts';
import { mayRead, mayWrite } from '../../../../transports/ntfy/server/rights.ts';
import { at, type Finding } from '../../examination.ts';
import { guess } from './names.ts';
import { asked, type Server } from './server.ts';
import { unsigned } from './unsigned.ts';

const { ok, warning } = at('ntfy');

/** What somebody without a login may do on the server, and what that comes to. */
export async function strangers(server: Server): Promise<readonly Finding[]> {
  const { options, patient, signal } = server;
  const api = ntfyApi(patient.machine.fetch, { baseUrl: options.baseUrl });
  const [reading, ...writing] = await Promise.all([
    asked((until) => mayRead(api, [options.answerTopic], until), signal),
    ...inboxTopics(options).map((topic) => asked((until) => mayWrite(api, topic, until), signal)),
  ]);
  const write = writing.find(({ is }) => is === 'yes') ?? writing.find(({ is }) => is === 'unknown') ?? writing[0]!;
  const open = reading.is === 'yes' || write.is === 'yes';
  return [
    reading.is === 'unknown' ? unknown('read', reading.failure.message) : readers(options, reading.is === 'yes'),
    write.is === 'unknown' ? unknown('write', write.failure.message) : writers(server, write.is === 'yes'),
    ...(open ? guess(options) : []),
  ];
}

const unknown = (act: 'read' | 'write', said: string): Finding =>
  warning(`strangers-${act}`, `Whether strangers may ${act} is not known: ${said}`, {
    repair: 'Run: milton doctor again in a moment',
  });

function readers({ answerTopic, baseUrl, privacy }: NtfyOptions, may: boolean): Finding {
  if (!may) return ok('strangers-read', `Strangers may not read ${answerTopic}`);
  const what = `Whoever knows the name of ${answerTopic} can read it`;
  if (exposureOf(baseUrl) === 'loopback' || privacy !== 'full') return ok('strangers-read', what);
  return warning('strangers-read', `${what}, and notices tell everything`, {
    why: "privacy: 'full' puts diffs, files and paths of this machine into them.",
    repair: "Close the topic (auth-default-access: deny-all in server.yml), or take privacy: 'full' out of ntfy()",
  });
}

function writers(server: Server, may: boolean): Finding {
  if (!may) return ok('strangers-write', 'Strangers may not write requests');
  const mode = modeOf(server);
  if (mode === 'open' || mode === 'acl') return unsigned(server, mode);
  return ok('strangers-write', `Strangers may write requests, and none is run: mode "${mode}" asks for a proof`);
}

/** How requests through a server are told from those of others. */
function modeOf({ options, patient: { prepared } }: Server): Mode {
  const { config, environment, keys } = prepared;
  const guard = config?.pipeline.find((entry) => typeof entry === 'object' && entry.plugin?.authorises === true);
  if (typeof guard !== 'object') return 'open';
  const accepted = environment.values.MILTON_ALLOW_UNSIGNED === true;
  const { mode } = guard.input as { mode?: Mode };
  try {
    return mode ?? usualMode(exposureOf(options.baseUrl), accepted, keys);
  } catch {
    // There are keys that are not used, so that Milton does not start.
    return 'signed';
  }
}
