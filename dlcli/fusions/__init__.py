"""Layers in a row that are worked as one, a kind a file."""

from dlcli.core.fusion import Fusion
from dlcli.fusions.convolution_block import ConvolutionBlock
from dlcli.fusions.dense_chain import DenseChain
from dlcli.fusions.dense_gelu import DenseGelu

FUSIONS: tuple[type[Fusion], ...] = (ConvolutionBlock, DenseChain, DenseGelu)
