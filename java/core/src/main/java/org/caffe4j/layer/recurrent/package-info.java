/** Layers with a state from step to step: LSTM, RNN, and the single step LSTMUnit. */
package org.caffe4j.layer.recurrent;
