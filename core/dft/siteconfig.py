"""How GPAW is built by `make install-dft`: one process, BLAS of SciPy, PBE of its own."""

mpi = False
compiler = "g++"
noblas = True
nolibxc = True
libraries: list[str] = []
