import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { proposalNetwork } from '../../../detectors/proposals/network.js';
import { levelGrids, networkConfig } from '../../../detectors/proposals/networkConfig.js';
import { initialNetwork } from '../../../detectors/proposals/networkWeights.js';
import { jit } from '../../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../../src/jit/ndarray.js';
import { createRandom } from '../../../src/random.js';
import { valueAndGradients } from '../../../training/gradients.js';
import { commonGrid, levelMasks } from '../../../training/proposals/grids.js';
import { proposalLosses, type TargetTensors } from '../../../training/proposals/networkLoss.js';
import { locationTargets } from '../../../training/proposals/targets.js';

const width = 12;
const config = networkConfig({ channels: 8, convolutions: 1 }, { layers: 6, patchSize: 16 });
const random = createRandom('proposal network');
const weights = initialNetwork(config, width, random);
const normal = (shape: number[]) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    shape,
  );
const tapsOf = (images: number, rows: number, columns: number) =>
  config.taps.map(() => normal([images, rows, columns, width]));
const eager = ({ data, shape }: NdArray) => tf.tensor(data as Float32Array, [...shape]);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('networkConfig', () => {
  test("taps default to a third, half, two thirds and all but the last of the tower's blocks", () => {
    expect(
      networkConfig({ channels: 8, convolutions: 1 }, { layers: 12, patchSize: 16 }).taps,
    ).toEqual([4, 6, 8, 11]);
  });

  test('strides go from 4 to 32 pixels, or as near as whole splits of a patch allow', () => {
    const strides = (patchSize: number) =>
      networkConfig({ channels: 8, convolutions: 1 }, { layers: 12, patchSize }).strides;
    expect(strides(16)).toEqual([0.25, 0.5, 1, 2]);
    expect(strides(14)).toEqual([0.25, 0.5, 1, 2]);
    expect(strides(8)).toEqual([0.5, 1, 2, 4]);
    expect(strides(4)).toEqual([1, 2, 4, 8]);
  });

  test('a tap beyond the tower is named', () => {
    const given = {
      channels: 8,
      convolutions: 1,
      taps: [1, 2, 3, 6] as [number, number, number, number],
    };
    expect(() => networkConfig(given, { layers: 6, patchSize: 16 })).toThrow(/taps: 6/);
  });
});

describe('proposalNetwork', () => {
  test.each([
    [4, 6, 0.25],
    [3, 5, 0.5],
    [1, 1, 1],
  ] as const)(
    'speaks of every location of %i × %i patches from stride %d',
    (rows, columns, finest) => {
      const config = networkConfig(
        { channels: 8, convolutions: 1, finest },
        { layers: 6, patchSize: 16 },
      );
      const weights = initialNetwork(config, width, random);
      const taps = tapsOf(2, rows, columns).map(eager) as tf.Tensor4D[];
      const parameters = Object.fromEntries(
        Object.entries(weights).map(([name, array]) => [name, eager(array)]),
      );
      const locations = levelGrids({ rows, columns }, config.strides).reduce(
        (sum, g) => sum + g.rows * g.columns,
        0,
      );
      expect(proposalNetwork(parameters, config, taps).shape).toEqual([2, locations, 6]);
    },
  );

  test.each([0.25, 0.5, 1] as const)(
    'says of an image in a larger map what it says of it alone, from stride %d',
    (finest) => {
      const config = networkConfig(
        { channels: 8, convolutions: 2, finest },
        { layers: 6, patchSize: 16 },
      );
      const parameters = Object.fromEntries(
        Object.entries(initialNetwork(config, width, random)).map(([name, array]) => [
          name,
          eager(array),
        ]),
      );
      const grids = [
        { rows: 3, columns: 7 },
        { rows: 5, columns: 2 },
      ];
      const common = commonGrid(grids);
      const alone = grids.map(
        ({ rows, columns }) => tapsOf(1, rows, columns).map(eager) as tf.Tensor4D[],
      );
      const together = config.taps.map((_, tap) =>
        tf.concat(
          alone.map((taps, i) => {
            const [down, across] = [common.rows - grids[i].rows, common.columns - grids[i].columns];
            // What lies beyond an image must not matter.
            const right = tf.fill([1, grids[i].rows, across, width], 3);
            const below = tf.fill([1, down, common.columns, width], -2);
            return tf.concat([tf.concat([taps[tap], right], 2), below], 1);
          }),
        ),
      ) as tf.Tensor4D[];
      const masks = levelMasks(grids, common, config.strides).map(eager) as tf.Tensor4D[];
      const said = proposalNetwork(parameters, config, together, masks).arraySync();
      const large = levelGrids(common, config.strides);
      grids.forEach((own, image) => {
        const [expected] = proposalNetwork(parameters, config, alone[image]).arraySync();
        let [first, next] = [0, 0];
        levelGrids(own, config.strides).forEach(({ rows, columns }, level) => {
          for (let row = 0; row < rows; row++) {
            for (let column = 0; column < columns; column++) {
              const got = said[image][first + row * large[level].columns + column];
              expected[next++].forEach((value, i) => {
                expect(got[i]).toBeCloseTo(value, 4);
              });
            }
          }
          first += large[level].rows * large[level].columns;
        });
      });
    },
  );

  test('compiled losses and gradients equal eager ones', async () => {
    const [rows, columns] = [3, 5];
    const taps = tapsOf(1, rows, columns);
    const targets = locationTargets(
      [
        [0.2, 0.1, 2.4, 2.6],
        [1, 0, 5, 3],
      ],
      { rows, columns },
      config.strides,
    );
    const count = targets.positive.length;
    const batch = {
      distances: ndarray(targets.distances, [1, count, 4]),
      centreness: ndarray(targets.centreness, [1, count]),
      positive: ndarray(targets.positive, [1, count]),
    };
    const losses = (w: Record<string, tf.Tensor>, t: tf.Tensor4D[], b: TargetTensors) =>
      valueAndGradients((own) => ({ ...proposalLosses(proposalNetwork(own, config, t), b) }), w);
    const compiled = jit(losses);
    const got = await compiled(weights, taps as never, batch as never);
    const expected = losses(
      Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, eager(array)])),
      taps.map(eager) as tf.Tensor4D[],
      {
        distances: eager(batch.distances) as tf.Tensor3D,
        centreness: eager(batch.centreness) as tf.Tensor2D,
        positive: eager(batch.positive) as tf.Tensor2D,
      },
    );
    expect(got.value.total.data[0]).toBeCloseTo(expected.value.total.dataSync()[0], 4);
    expect(Object.keys(got.gradients).sort()).toEqual(Object.keys(weights).sort());
    for (const [name, gradient] of Object.entries(expected.gradients)) {
      const reference = gradient.dataSync() as Float32Array;
      const size = Math.sqrt(reference.reduce((sum, x) => sum + x * x, 0));
      const values = got.gradients[name].data;
      const error = Math.sqrt(reference.reduce((sum, x, i) => sum + (x - values[i]) ** 2, 0));
      expect({ name, error: error / (size + 1e-6) < 1e-3 }).toEqual({ name, error: true });
    }
    await compiled.dispose();
  });
});

describe('proposalLosses', () => {
  const one = (predicted: number[], distances: number[], centreness: number) =>
    proposalLosses(tf.tensor3d([[predicted]]), {
      distances: tf.tensor3d([[distances]]),
      centreness: tf.tensor2d([[centreness]]),
      positive: tf.tensor2d([[1]]),
    });

  test('by hand: a box of half the true width', () => {
    // 1 + 1 by 2 + 2 inside 2 + 2 by 2 + 2: an overlap of one half, and the hull is the true box.
    const logs = [1, 2, 1, 2].map(Math.log);
    const losses = one([...logs, 0, 2], [2, 2, 2, 2], 0.3);
    expect(losses.box.dataSync()[0]).toBeCloseTo(0.5, 5);
    expect(losses.centreness.dataSync()[0]).toBeCloseTo(Math.log(2), 5);
    const p = 1 / (1 + Math.exp(-2));
    expect(losses.overlap.dataSync()[0]).toBeCloseTo(-0.5 * Math.log(p) - 0.5 * Math.log(1 - p), 5);
  });

  test('locations outside boxes count nothing, and a batch without boxes is no division by zero', () => {
    const losses = proposalLosses(tf.tensor3d([[[9, -9, 9, 9, 50, 50]]]), {
      distances: tf.ones([1, 1, 4]),
      centreness: tf.zeros([1, 1]),
      positive: tf.zeros([1, 1]),
    });
    expect(losses.total.dataSync()[0]).toBe(0);
  });

  test('gradients are slopes, and the overlap to learn is taken as given', () => {
    const at = [0.3, 1.1, 0.2, 0.7, -0.4, 0.9];
    const targets = [[1.5, 2.5, 2, 3], 0.6] as const;
    const part = (name: 'box' | 'centreness' | 'overlap') => (values: number[]) =>
      one(values, [...targets[0]], targets[1])[name];
    const gradient = (name: 'box' | 'centreness' | 'overlap') => {
      const of = (values: tf.Tensor) =>
        proposalLosses(values as tf.Tensor3D, {
          distances: tf.tensor3d([[[...targets[0]]]]),
          centreness: tf.tensor2d([[targets[1]]]),
          positive: tf.tensor2d([[1]]),
        })[name];
      return [
        ...tf
          .grad(of)(tf.tensor3d([[at]]))
          .dataSync(),
      ];
    };
    const slope = (name: 'box' | 'centreness' | 'overlap', index: number) => {
      const shifted = (by: number) =>
        part(name)(at.map((value, i) => (i === index ? value + by : value))).dataSync()[0];
      return (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
    };
    for (let i = 0; i < 6; i++) {
      expect(gradient('box')[i]).toBeCloseTo(slope('box', i), 3);
      expect(gradient('centreness')[i]).toBeCloseTo(slope('centreness', i), 3);
    }
    expect(gradient('overlap').slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(gradient('overlap')[5]).toBeCloseTo(slope('overlap', 5), 3);
    expect(Math.abs(slope('overlap', 0))).toBeGreaterThan(0.01);
  });
});
