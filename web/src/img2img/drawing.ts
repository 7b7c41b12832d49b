export type Point = { readonly x: number; readonly y: number };

/** Something that was done to a mask; a mask is what all of them leave. */
export type Act =
  | { readonly type: 'stroke'; readonly points: Point[]; readonly width: number; readonly erases: boolean }
  | { readonly type: 'clear' }
  | { readonly type: 'invert' }
  | { readonly type: 'picture'; readonly picture: CanvasImageSource };

/** Draws a mask from nothing. */
export function redraw(context: CanvasRenderingContext2D, acts: readonly Act[], ink: string): void {
  clear(context);
  for (const act of acts) draw(context, act, ink);
}

export function draw(context: CanvasRenderingContext2D, act: Act, ink: string): void {
  switch (act.type) {
    case 'stroke':
      drawStroke(context, act, ink);
      break;
    case 'clear':
      clear(context);
      break;
    case 'invert':
      context.globalCompositeOperation = 'xor';
      context.fillStyle = ink;
      context.fillRect(0, 0, context.canvas.width, context.canvas.height);
      break;
    case 'picture':
      clear(context);
      context.drawImage(act.picture, 0, 0);
  }
}

function clear(context: CanvasRenderingContext2D): void {
  context.globalCompositeOperation = 'source-over';
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

function drawStroke(
  context: CanvasRenderingContext2D,
  { points, width, erases }: Extract<Act, { type: 'stroke' }>,
  ink: string,
): void {
  const [first, ...others] = points;
  if (!first) return;
  Object.assign(context, { lineWidth: width, lineCap: 'round', lineJoin: 'round', strokeStyle: ink });
  context.globalCompositeOperation = erases ? 'destination-out' : 'source-over';
  context.beginPath();
  context.moveTo(first.x, first.y);
  // A line to where it began is a dot.
  for (const { x, y } of others.length > 0 ? others : [first]) context.lineTo(x, y);
  context.stroke();
}
