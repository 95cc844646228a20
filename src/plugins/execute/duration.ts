/** A duration (ms) for people: "0.4 s", "12 s", "3 min 12 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const [large, small] =
    minutes < 60 ? [`${minutes} min`, [seconds % 60, 's']] : [`${Math.floor(minutes / 60)} h`, [minutes % 60, 'min']];
  return small[0] === 0 ? large : `${large} ${small.join(' ')}`;
}
