/** Numbers, sizes and times as people read them; the same in both languages where digits are. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.4 GiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `1.2 / 4.2 GiB`: both in the unit of the second. */
export function formatBytesOf(part: number, whole: number): string {
  const text = formatBytes(whole);
  const unit = text.split(' ')[1] ?? 'B';
  const scale = 1024 ** Math.max(0, units.indexOf(unit as (typeof units)[number]));
  const digits = text.includes('.') ? 1 : 0;
  return `${(Math.max(0, part) / scale).toFixed(digits)} / ${text}`;
}

/** `0:42`, `12:05`, `1:02:03`; never jumps in width within an hour. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export type RoughDuration = {
  readonly value: number;
  readonly unit: 'seconds' | 'minutes' | 'hours' | 'days' | 'years';
};

/** A duration as a person would say it: "50 seconds", "4 minutes"; never falsely exact. */
export function roughDuration(milliseconds: number): RoughDuration {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 90) return { value: seconds < 10 ? Math.ceil(seconds) : Math.ceil(seconds / 10) * 10, unit: 'seconds' };
  if (seconds < 90 * 60) return { value: Math.round(seconds / 60), unit: 'minutes' };
  if (seconds < 36 * 3600) return { value: Math.round(seconds / 3600), unit: 'hours' };
  const days = Math.round(seconds / 86_400);
  return days < 730 ? { value: days, unit: 'days' } : { value: Math.floor(days / 365), unit: 'years' };
}
