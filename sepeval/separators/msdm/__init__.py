"""MSDM and ISDM: separation with diffusion models of the stems, which never heard a mixture.

    msdm  one network models all stems together
    isdm  one network per stem, independent of each other

The mixture enters while sampling. `dirac` admits only stems that sum to it: one stem, the
dependent one, is always the mixture minus the others. `gaussian` pulls the sum towards it.

The published evaluation cuts a track into consecutive chunks of 262144 samples and drops the end;
say `tail=drop` for that. The samples are not clamped.

References:
    [1] Mariani, Tallini, Postolache, Mancusi, Cosmo, Rodolà. "Multi-Source Diffusion Models for
        Simultaneous Music Generation and Separation", ICLR 2024.
"""

from sepeval.separators.msdm.separators import Isdm, Msdm

__all__ = ["Isdm", "Msdm"]
