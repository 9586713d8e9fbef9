/* The kernel as a Python module of the stable ABI: arrays come in through the buffer protocol, the GIL is released
 * while trees are walked. _walk.h is the kernel itself; numpy_kernel.py documents each function.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <string.h>

#include "_walk.h"

/* The buffers of one call, released together. */
typedef struct {
    Py_buffer buffers[6];
    int count;
} arrays;

static void *
hold(arrays *held, PyObject *array, int flags)
{
    Py_buffer *buffer = &held->buffers[held->count];
    if (PyObject_GetBuffer(array, buffer, PyBUF_ND | flags) < 0)
        return NULL;
    held->count++;
    return buffer->buf ? buffer->buf : buffer; /* never NULL: an empty array has no address of its own */
}

static PyObject *
release(arrays *held, PyObject *result)
{
    while (held->count > 0)
        PyBuffer_Release(&held->buffers[--held->count]);
    return result;
}

static PyObject *
misfit(arrays *held)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the arrays' sizes don't fit together");
    return release(held, NULL);
}

static Py_ssize_t
columns_of(const Py_buffer *b)
{
    return b->ndim == 2 ? b->shape[1] : 0;
}

PyDoc_STRVAR(encode_doc, "encode(values, keys) -> int: see numpy_kernel.encode");

static PyObject *
encode(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *in, *out;
    arrays held = {.count = 0};
    if (!PyArg_ParseTuple(args, "OO", &in, &out))
        return NULL;
    const double *values = hold(&held, in, 0);
    uint32_t *keys = hold(&held, out, PyBUF_WRITABLE);
    if (!values || !keys || held.buffers[0].len != 2 * held.buffers[1].len)
        return misfit(&held);
    uint32_t nan = 0, inf = 0;
    for (Py_ssize_t i = 0; i < held.buffers[1].len / 4; i++) {
        const float value = (float)values[i] + 0.0f; /* -0.0 becomes 0.0: they compare equal, so must their keys */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        const uint32_t is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
        nan |= is_nan;
        inf |= (bits & 0x7fffffffu) == 0x7f800000u;
        keys[i] = (bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u)) | -is_nan;
    }
    return release(&held, PyLong_FromLong((long)(nan | inf << 1)));
}

PyDoc_STRVAR(add_doc,
             "add(nodes, tree_starts, value_starts, values, keys, mask, shift, out): see numpy_kernel.add");

static PyObject *
add(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *tree_starts, *value_starts, *values, *keys, *sums;
    arrays held = {.count = 0};
    forest f;
    batch b;
    if (!PyArg_ParseTuple(args, "OOOOOIIO", &nodes, &tree_starts, &value_starts, &values, &keys, &b.mask, &b.shift,
                          &sums))
        return NULL;
    double *out;
    if (!(f.nodes = hold(&held, nodes, 0)) || !(f.tree_starts = hold(&held, tree_starts, 0)) ||
        !(f.value_starts = hold(&held, value_starts, 0)) || !(f.values = hold(&held, values, 0)) ||
        !(b.keys = hold(&held, keys, 0)) || !(out = hold(&held, sums, PyBUF_WRITABLE)))
        return misfit(&held);
    f.n_trees = held.buffers[2].len / 8;
    f.width = columns_of(&held.buffers[3]);
    b.stride = columns_of(&held.buffers[4]);
    b.n_rows = b.stride ? held.buffers[4].shape[0] : 0;
    if (held.buffers[1].len != (f.n_trees + 1) * 8 || held.buffers[5].len != b.n_rows * f.width * 8 || b.shift > 31)
        return misfit(&held);
    Py_BEGIN_ALLOW_THREADS
    if (b.n_rows >= ROWS_FROM || f.n_trees < TREE_LANES)
        add_tree_by_tree(&f, &b, out);
    else
        add_row_by_row(&f, &b, out);
    Py_END_ALLOW_THREADS
    return release(&held, Py_NewRef(Py_None));
}

PyDoc_STRVAR(leaves_doc, "leaves(nodes, keys, mask, shift, out): see numpy_kernel.leaves");

static PyObject *
leaves(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *keys, *leaf_of;
    arrays held = {.count = 0};
    batch b;
    if (!PyArg_ParseTuple(args, "OOIIO", &nodes, &keys, &b.mask, &b.shift, &leaf_of))
        return NULL;
    const node *root;
    uint32_t *out;
    if (!(root = hold(&held, nodes, 0)) || !(b.keys = hold(&held, keys, 0)) ||
        !(out = hold(&held, leaf_of, PyBUF_WRITABLE)))
        return misfit(&held);
    b.stride = columns_of(&held.buffers[1]);
    b.n_rows = b.stride ? held.buffers[1].shape[0] : 0;
    if (held.buffers[2].len != b.n_rows * 4 || b.shift > 31)
        return misfit(&held);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t first = 0; first < b.n_rows; first += ROW_LANES) {
        const node *at[ROW_LANES];
        walk_rows(root, &b, first, at);
        for (int lane = 0; lane < at_most(ROW_LANES, b.n_rows - first); lane++)
            out[first + lane] = (uint32_t)(at[lane] - root);
    }
    Py_END_ALLOW_THREADS
    return release(&held, Py_NewRef(Py_None));
}

PyDoc_STRVAR(check_doc, "check(nodes, tree_starts, value_starts, n_values, n_columns, shift) -> int: "
                        "see numpy_kernel.check");

static PyObject *
check(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *nodes, *tree_starts, *value_starts;
    arrays held = {.count = 0};
    forest f = {0};
    long long n_values;
    unsigned int n_columns, shift;
    if (!PyArg_ParseTuple(args, "OOOLII", &nodes, &tree_starts, &value_starts, &n_values, &n_columns, &shift))
        return NULL;
    if (!(f.nodes = hold(&held, nodes, 0)) || !(f.tree_starts = hold(&held, tree_starts, 0)) ||
        !(f.value_starts = hold(&held, value_starts, 0)))
        return misfit(&held);
    f.n_trees = held.buffers[2].len / 8;
    if (held.buffers[1].len != (f.n_trees + 1) * 8 || shift < 1 || shift > 31 ||
        held.buffers[0].len / (Py_ssize_t)sizeof(node) != f.tree_starts[f.n_trees])
        return misfit(&held);
    Py_ssize_t tree = 0;
    Py_BEGIN_ALLOW_THREADS
    while (tree < f.n_trees && tree_is_sound(&f, tree, n_values, n_columns, shift))
        tree++;
    Py_END_ALLOW_THREADS
    return release(&held, PyLong_FromSsize_t(tree < f.n_trees ? tree : -1));
}

static PyMethodDef methods[] = {
    {"encode", encode, METH_VARARGS, encode_doc},
    {"add", add, METH_VARARGS, add_doc},
    {"leaves", leaves, METH_VARARGS, leaves_doc},
    {"check", check, METH_VARARGS, check_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "container.forest._kernel",
    .m_doc = "The compiled forest's inner loop; numpy_kernel.py documents the contract.",
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__kernel(void)
{
    return PyModuleDef_Init(&module);
}
