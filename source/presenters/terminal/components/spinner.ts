import { useTick } from '../ticker.tsx';
import { useView } from '../view.tsx';

/** The moving mark beside what is going on; stands still where nothing may move. */
export function useSpinner(active: boolean): string {
  const { profile } = useView();
  const frame = useTick(active && profile.animated);
  const { spinner } = profile.glyphs;
  if (!profile.animated) return spinner[0] ?? '';
  return spinner[frame % spinner.length] ?? '';
}
