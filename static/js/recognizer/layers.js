// What each kind of layer computes. Maps lie one after the other, channel by channel and row by row.

/** @typedef {import("./weights.js").Layer} Layer */
/** @typedef {{shape: number[], values: Float64Array}} Tensor */

/**
 * Put a border of one zero around each map.
 * @param {Tensor} tensor
 * @returns {Float64Array}
 */
function padded({ shape: [channels, height, width], values }) {
  const stride = width + 2;
  const result = new Float64Array(channels * (height + 2) * stride);
  for (let row = 0; row < channels * height; row++) {
    const channel = Math.floor(row / height);
    result.set(values.subarray(row * width, (row + 1) * width), (row + 2 * channel + 1) * stride + 1);
  }
  return result;
}

// Adds to one map what a 3x3 kernel makes of another. Here the time is spent: the nine weights stay in
// registers while they pass over the map.
function correlate(source, from, kernel, k, target, to, height, width) {
  const stride = width + 2;
  const a = kernel[k], b = kernel[k + 1], c = kernel[k + 2];
  const d = kernel[k + 3], e = kernel[k + 4], f = kernel[k + 5];
  const g = kernel[k + 6], h = kernel[k + 7], i = kernel[k + 8];
  for (let y = 0; y < height; y++) {
    let top = from + y * stride;
    let middle = top + stride;
    let bottom = middle + stride;
    for (let x = 0; x < width; x++, top++, middle++, bottom++, to++) {
      target[to] +=
        a * source[top] + b * source[top + 1] + c * source[top + 2] +
        d * source[middle] + e * source[middle + 1] + f * source[middle + 2] +
        g * source[bottom] + h * source[bottom + 1] + i * source[bottom + 2];
    }
  }
}

/** 3x3, as large as its input. */
function conv2d({ kernel, bias, shape: [channels, height, width] }, [input], output) {
  const source = padded(input);
  const inputs = input.shape[0];
  const area = height * width;
  const paddedArea = (height + 2) * (width + 2);
  for (let channel = 0; channel < channels; channel++) {
    output.fill(bias[channel], channel * area, (channel + 1) * area);
    for (let other = 0; other < inputs; other++) {
      const k = (channel * inputs + other) * 9;
      correlate(source, other * paddedArea, kernel, k, output, channel * area, height, width);
    }
  }
}

/** 2x2, without what is left over at the edges. */
function maxPooling2d({ shape: [channels, height, width] }, [input], output) {
  const [, inputHeight, inputWidth] = input.shape;
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = (channel * inputHeight + 2 * y) * inputWidth + 2 * x;
        const j = i + inputWidth;
        output[at++] = Math.max(input.values[i], input.values[i + 1], input.values[j], input.values[j + 1]);
      }
    }
  }
}

/** A weight for each place: one number remains of a map. */
function depthwiseConv2d({ kernel, bias, shape: [channels] }, [input], output) {
  const [inputs, height, width] = input.shape;
  const area = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const from = Math.floor((channel * inputs) / channels) * area;
    let sum = bias[channel];
    for (let i = 0; i < area; i++) sum += kernel[channel * area + i] * input.values[from + i];
    output[channel] = sum;
  }
}

function dense({ kernel, bias }, [{ values }], output) {
  for (let unit = 0; unit < output.length; unit++) {
    let sum = bias[unit];
    for (let i = 0; i < values.length; i++) sum += kernel[unit * values.length + i] * values[i];
    output[unit] = sum;
  }
}

function softmax(layer, [{ values }], output) {
  const largest = Math.max(...values);
  output.set(values.map((value) => Math.exp(value - largest)));
  const sum = output.reduce((a, b) => a + b);
  for (let i = 0; i < output.length; i++) output[i] /= sum;
}

function sigmoid(layer, [{ values }], output) {
  output.set(values.map((value) => 1 / (1 + Math.exp(-value))));
}

function concatenate(layer, inputs, output) {
  let at = 0;
  for (const { values } of inputs) {
    output.set(values, at);
    at += values.length;
  }
}

const KINDS = {
  conv2d,
  max_pooling2d: maxPooling2d,
  depthwise_conv2d: depthwiseConv2d,
  dense,
  softmax,
  sigmoid,
  concatenate,
};

/**
 * Compute a layer's output.
 * @param {Layer} layer
 * @param {Tensor[]} inputs
 * @returns {Tensor}
 */
export function compute(layer, inputs) {
  const values = new Float64Array(layer.shape.reduce((product, size) => product * size, 1));
  KINDS[layer.type](layer, inputs, values);
  if (layer.activation === "relu") {
    for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
  }
  return { shape: layer.shape, values };
}
