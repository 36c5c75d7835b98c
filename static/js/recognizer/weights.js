// The file of a network as the site publishes it; ml/weights.py writes it.

/**
 * @typedef {object} Layer
 * @property {string} type as Keras calls it
 * @property {number[]} inputs the tensors that it takes, by their numbers
 * @property {number} output the tensor that it makes
 * @property {number[]} shape of that tensor: channels, height, width; or how many numbers
 * @property {"linear" | "relu"} activation
 * @property {Float64Array} [kernel] of conv2d by row, column, input and output; of others, one output after the other
 * @property {Float64Array} [bias]
 */

/**
 * @typedef {object} NetworkFile
 * @property {string} version
 * @property {string} preprocessing the version of it by which the network was trained
 * @property {number} digit_threshold
 * @property {number} input the tensor that the pixels are
 * @property {Layer[]} layers in the order in which they run
 */

function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
  return bits & 0x8000 ? -magnitude : magnitude;
}

/**
 * Read a network's file. The weights become doubles: JavaScript multiplies nothing else as fast.
 * @param {ArrayBuffer} buffer
 * @returns {NetworkFile}
 */
export function parseNetwork(buffer) {
  const view = new DataView(buffer);
  let offset = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(buffer.slice(4, offset)));

  const take = (shape) => {
    const values = new Float64Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++, offset += 2) values[i] = fromHalf(view.getUint16(offset, true));
    return values;
  };
  const layers = header.layers.map(({ weights, ...layer }) => {
    const [kernel, bias] = weights.map(take);
    return { ...layer, kernel, bias };
  });
  return { ...header, layers };
}
