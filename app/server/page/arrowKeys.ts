/** How far an arrow key goes: a pixel, ten with Ctrl. Other keys go nowhere. */
export function arrowStep({ key, ctrlKey, metaKey }: KeyboardEvent): { dx: number; dy: number } {
  const step = ctrlKey || metaKey ? 10 : 1;
  const dx = { ArrowLeft: -step, ArrowRight: step }[key] ?? 0;
  const dy = { ArrowUp: -step, ArrowDown: step }[key] ?? 0;
  return { dx, dy };
}
