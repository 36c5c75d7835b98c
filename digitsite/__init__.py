import os

# Every process of the site comes here before it imports NumPy. Its products of matrices are small,
# and threads of OpenBLAS would only wait for them, with all the strength of a core. TensorFlow,
# which trains, has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
