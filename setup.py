"""The native kernel; everything else about the build is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "container.forest._kernel",
            ["container/forest/_kernel.c"],
            depends=["container/forest/_walk.h"],
            extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra"],
            py_limited_api=True,
            # Without a compiler the installation still succeeds, and the NumPy kernel serves.
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
