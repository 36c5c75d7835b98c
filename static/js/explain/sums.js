// How a convolution makes one number: nine values, nine weights, and the sum.

/** @typedef {import("../recognizer/weights.js").Layer} Layer */
/** @typedef {import("../recognizer/layers.js").Tensor} Tensor */

/**
 * @typedef {object} Sum
 * @property {number[]} values nine, of one input map; 0 beyond its edge
 * @property {number[]} weights
 * @property {number[]} products
 * @property {number} own the products' sum
 * @property {number} others the sum of all other input maps' products
 * @property {number} bias
 * @property {number} total
 * @property {number} output what the map has there
 */

const TAPS = Array.from({ length: 9 }, (_, tap) => tap);
const add = (a, b) => a + b;

function nineValues({ shape: [, height, width], values }, channel, y, x) {
  return TAPS.map((tap) => {
    const [row, column] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    return isInside ? values[(channel * height + row) * width + column] : 0;
  });
}

function nineWeights({ kernel, shape: [outputs] }, inputs, channel, map) {
  return TAPS.map((tap) => kernel[(tap * inputs + channel) * outputs + map]);
}

/**
 * @param {Layer} layer a convolution of 3x3
 * @param {Tensor} input
 * @param {{map: number, from: number, y: number, x: number}} cell of which map, seen in which input map
 * @param {number} [unit] of the input's values: 255 shows pixels from 0 to 1, and weights that fit
 * @returns {Sum}
 */
export function sumOf(layer, input, { map, from, y, x }, unit = 1) {
  const inputs = input.shape[0];
  const products = (channel) => {
    const weights = nineWeights(layer, inputs, channel, map);
    return nineValues(input, channel, y, x).map((value, tap) => value * weights[tap]);
  };
  const sums = Array.from({ length: inputs }, (_, channel) => products(channel).reduce(add));
  const [own, bias] = [sums[from], layer.bias[map]];
  const others = sums.reduce(add) - own;
  const total = own + others + bias;
  return {
    values: nineValues(input, from, y, x).map((value) => value / unit),
    weights: nineWeights(layer, inputs, from, map).map((weight) => weight * unit),
    products: products(from),
    own,
    others,
    bias,
    total,
    output: layer.activation === "relu" ? Math.max(total, 0) : total,
  };
}

/**
 * @param {Layer} layer a convolution of 3x3
 * @param {Tensor} input
 * @param {{map: number, y: number, x: number}} cell
 * @returns {number} the input map that counts most for it
 */
export function strongestInput(layer, input, cell) {
  const strength = (from) => Math.abs(sumOf(layer, input, { ...cell, from }).own);
  const strengths = Array.from({ length: input.shape[0] }, (_, from) => strength(from));
  return strengths.indexOf(Math.max(...strengths));
}
