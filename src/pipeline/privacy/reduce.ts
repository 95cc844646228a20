import type { Notice } from '../message.ts';
import { type Places, pathShortener } from './short-paths.ts';
import { withoutDiffs } from './without-diffs.ts';

/** What stands in a diff's place. */
export const DIFF_LEFT_OUT = '(lines of code are not sent to where others could read them)';

/** Makes what lets a notice say less, where strangers may read it: no diffs, no paths of this machine. */
export function reducer(places: Places): (notice: Notice) => Notice {
  const shorten = pathShortener(places);
  return ({ title, body, actions, ...rest }) => ({
    ...rest,
    title: shorten(title),
    ...(body === undefined ? {} : { body: shorten(withoutDiffs(body, DIFF_LEFT_OUT)) }),
    ...(actions === undefined ? {} : { actions: actions.map((each) => ({ ...each, label: shorten(each.label) })) }),
  });
}
