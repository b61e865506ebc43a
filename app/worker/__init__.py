"""The process that carries out jobs and watches the clock."""
