"""How GPAW is built by `make install-dft`: one process, and no libraries of its own; BLAS is SciPy's, PBE is built in."""

mpi = False
compiler = "g++"
noblas = True
nolibxc = True
libraries: list[str] = []
