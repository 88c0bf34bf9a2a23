// A source of regions of one's own: what stands out from a smooth background, as connected patches of
// pixels that differ from their neighbours.

const step = 4;
const least = 40;

export default {
  async propose({ image: { data, width, height } }) {
    const [columns, rows] = [Math.floor(width / step), Math.floor(height / step)];
    const at = (column, row) => 3 * (row * step * width + column * step);
    const differs = (a, b) =>
      Math.max(...[0, 1, 2].map((i) => Math.abs(data[a + i] - data[b + i]))) > least;
    const edges = new Uint8Array(columns * rows);
    for (let row = 1; row < rows; row++) {
      for (let column = 1; column < columns; column++) {
        const here = at(column, row);
        const isEdge = differs(here, at(column - 1, row)) || differs(here, at(column, row - 1));
        edges[row * columns + column] = isEdge ? 1 : 0;
      }
    }
    return connected(edges, columns)
      .map(([x1, y1, x2, y2]) => [x1 - 1, y1 - 1, x2, y2].map((side) => side * step))
      .filter(([x1, y1, x2, y2]) => x2 - x1 > 8 * step && y2 - y1 > 8 * step)
      .map((box) => ({ box, quality: 1 }));
  },
};

/** Boxes x1, y1, x2, y2 around cells that touch, corners included; their cells are cleared. */
function connected(cells, columns) {
  const boxes = [];
  for (let first = cells.indexOf(1); first >= 0; first = cells.indexOf(1, first)) {
    const box = [Infinity, Infinity, 0, 0];
    const open = [first];
    cells[first] = 0;
    while (open.length > 0) {
      const cell = open.pop();
      const [x, y] = [cell % columns, Math.floor(cell / columns)];
      [Math.min, Math.min, Math.max, Math.max].forEach((pick, i) => {
        box[i] = pick(box[i], [x, y, x + 1, y + 1][i]);
      });
      for (const down of [-columns, 0, columns]) {
        for (const across of [-1, 0, 1]) {
          const next = cell + down + across;
          if (cells[next] !== 1) continue;
          cells[next] = 0;
          open.push(next);
        }
      }
    }
    boxes.push(box);
  }
  return boxes;
}
