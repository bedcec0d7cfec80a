"""What pages keep between requests: requests, uploaded images and how they are read, runs of the loop, jobs."""
