"""The 1-D U-Net on waveforms of DiCoSe (deterministic and refiner) and of MSDM."""
