// What each kind of layer computes. Maps lie one after the other, channel by channel and row by row.

/** @typedef {import("./weights.js").Layer} Layer */
/** @typedef {{shape: number[], values: Float64Array}} Tensor */

/**
 * Find what lies under a 3x3 kernel and is not zero: a fifth to a half of it.
 * @param {Tensor} input
 * @param {number} y of the kernel's middle
 * @param {number} x
 * @param {number} channels that are made of it
 * @param {Float64Array} factors takes the values
 * @param {Int32Array} offsets takes where the weights of each begin
 * @returns {number} how many, rounded up to fours with zeros
 */
function gather({ shape: [inputs, height, width], values }, y, x, channels, factors, offsets) {
  let count = 0;
  for (let tap = 0; tap < 9; tap++) {
    const row = y + Math.floor(tap / 3) - 1;
    const column = x + (tap % 3) - 1;
    if (row < 0 || row >= height || column < 0 || column >= width) continue;
    for (let channel = 0; channel < inputs; channel++) {
      const value = values[(channel * height + row) * width + column];
      if (value === 0) continue;
      factors[count] = value;
      offsets[count++] = (tap * inputs + channel) * channels;
    }
  }
  while (count % 4) factors[count++] = 0;
  return count;
}

// Here the time is spent: four weights for each time that a sum is loaded and stored.
function accumulate(kernel, factors, offsets, count, sums) {
  for (let i = 0; i < count; i += 4) {
    const [a, b, c, d] = [factors[i], factors[i + 1], factors[i + 2], factors[i + 3]];
    let [j, k, l, m] = [offsets[i], offsets[i + 1], offsets[i + 2], offsets[i + 3]];
    for (let channel = 0; channel < sums.length; channel++) {
      sums[channel] += a * kernel[j++] + b * kernel[k++] + c * kernel[l++] + d * kernel[m++];
    }
  }
}

/** 3x3, as large as its input. */
function conv2d({ kernel, bias, shape: [channels, height, width] }, [input], output) {
  const most = 9 * input.shape[0] + 3;
  const [factors, offsets] = [new Float64Array(most), new Int32Array(most)];
  const sums = new Float64Array(channels);
  const area = height * width;
  for (let place = 0; place < area; place++) {
    const count = gather(input, Math.floor(place / width), place % width, channels, factors, offsets);
    sums.set(bias);
    accumulate(kernel, factors, offsets, count, sums);
    for (let channel = 0; channel < channels; channel++) output[channel * area + place] = sums[channel];
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
    for (let i = 0; i < area; i++) sum += kernel[i * channels + channel] * input.values[from + i];
    output[channel] = sum;
  }
}

function dense({ kernel, bias }, [{ values }], output) {
  for (let unit = 0; unit < output.length; unit++) {
    let sum = bias[unit];
    for (let i = 0; i < values.length; i++) sum += kernel[i * output.length + unit] * values[i];
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
