// The file of a network as the site publishes it; ml/weights.py writes it.

/**
 * @typedef {object} Layer
 * @property {string} type as Keras calls it
 * @property {number[]} inputs the tensors that it takes, by their numbers
 * @property {number} output the tensor that it makes
 * @property {number[]} shape of that tensor: channels, height, width; or how many numbers
 * @property {"linear" | "relu"} activation
 * @property {?Float64Array} kernel its last axis is the output; before that, of maps, row, column and input
 * @property {?Float64Array} bias
 */

/**
 * @typedef {object} NetworkFile
 * @property {string} version
 * @property {string} preprocessing the version of it by which the network was trained
 * @property {number} digit_threshold
 * @property {number} input the tensor that the pixels are
 * @property {Layer[]} layers in the order in which they run
 */

const product = (shape) => shape.reduce((a, b) => a * b, 1);

/**
 * Read a network's file. The weights become doubles: JavaScript multiplies nothing else as fast.
 * @param {ArrayBuffer} buffer
 * @returns {NetworkFile}
 */
export function parseNetwork(buffer) {
  const view = new DataView(buffer);
  let floats = 4 + view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(buffer.slice(4, floats)));
  const shapes = header.layers.map(({ kernel }) => kernel ?? [0]);
  const count = shapes.reduce((sum, shape) => sum + product(shape), 0);
  let low = buffer.byteLength - 2 * count;

  const takeFloats = (length) => {
    const values = Float64Array.from({ length }, (_, i) => view.getFloat32(floats + 4 * i, true));
    floats += 4 * length;
    return values;
  };
  const layers = header.layers.map((layer, index) => {
    if (!layer.kernel) return { ...layer, bias: null };
    const outputs = shapes[index].at(-1);
    const scales = takeFloats(outputs);
    const bias = takeFloats(outputs);
    const kernel = new Float64Array(product(shapes[index]));
    for (let i = 0; i < kernel.length; i++, low++) {
      kernel[i] = (view.getUint8(low) + 256 * view.getInt8(low + count)) * scales[i % outputs];
    }
    return { ...layer, kernel, bias };
  });
  return { ...header, layers };
}
