"""What makes networks, bases and error bars from data; nothing that predicts imports it."""
